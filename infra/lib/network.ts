import * as ec2 from "aws-cdk-lib/aws-ec2";
import { Construct } from "constructs";

import type { Settings } from "./settings";

/**
 * A network of two zones. The service has no address of its own on the internet; it reaches Amazon
 * Transcribe and the rest through a NAT gateway, in production one a zone.
 */
export function network(scope: Construct, settings: Settings): ec2.Vpc {
  const vpc = new ec2.Vpc(scope, "Network", {
    maxAzs: 2,
    natGateways: settings.environment === "prod" ? 2 : 1,
    restrictDefaultSecurityGroup: false,
    subnetConfiguration: [
      { name: "public", subnetType: ec2.SubnetType.PUBLIC, mapPublicIpOnLaunch: false },
      { name: "private", subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
    ],
  });
  // Both cost nothing, and what they carry does not pass a NAT gateway: checkpoints, image layers.
  vpc.addGatewayEndpoint("DynamoDb", { service: ec2.GatewayVpcEndpointAwsService.DYNAMODB });
  vpc.addGatewayEndpoint("S3", { service: ec2.GatewayVpcEndpointAwsService.S3 });
  return vpc;
}
