import { Annotations, Duration, RemovalPolicy } from "aws-cdk-lib";
import * as ec2 from "aws-cdk-lib/aws-ec2";
import * as ecs from "aws-cdk-lib/aws-ecs";
import * as elb from "aws-cdk-lib/aws-elasticloadbalancingv2";
import * as logs from "aws-cdk-lib/aws-logs";
import * as secretsmanager from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";

import { grantPull, serviceImage } from "./image";
import { grantFigures } from "./metrics";
import { network } from "./network";
import type { FlagParameter } from "./parameter";
import { grantEngines, grantProgram, logRetention, variables } from "./program";
import { named, type Settings } from "./settings";
import type { Storage } from "./storage";

const port = 8080;

/**
 * `sotto serve` on Fargate behind a load balancer. One task: a talk is served by the process that
 * has it, and its speaker and its listeners are different browsers, so no stickiness brings them
 * together. The old task ends before the new one begins, for the same reason.
 */
export class Service extends Construct {
  readonly loadBalancer: elb.ApplicationLoadBalancer;
  readonly service: ecs.FargateService;
  readonly url: string;
  /** What the console and `/v1/rollout` ask for; made up here, and the same for every task. */
  readonly operatorToken: secretsmanager.Secret;

  constructor(
    scope: Construct,
    id: string,
    settings: Settings,
    parameter: FlagParameter,
    storage: Storage,
  ) {
    super(scope, id);
    const vpc = network(this, settings);
    this.operatorToken = operatorToken(this, settings);
    this.loadBalancer = this.balancer(vpc, settings);
    const scheme = settings.certificate ? "https" : "http";
    this.url = settings.url ?? `${scheme}://${this.loadBalancer.loadBalancerDnsName}`;
    const task = this.task(settings, parameter, storage, vpc);
    this.service = new ecs.FargateService(this, "Service", {
      serviceName: named("audio-transcription-service", settings.environment),
      cluster: new ecs.Cluster(this, "Cluster", {
        clusterName: named("audio-transcription", settings.environment),
        vpc,
      }),
      taskDefinition: task,
      desiredCount: 1,
      minHealthyPercent: 0,
      maxHealthyPercent: 100,
      circuitBreaker: { rollback: true },
      assignPublicIp: false,
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
      healthCheckGracePeriod: Duration.minutes(1),
    });
    this.listen(settings, vpc);
  }

  private task(
    settings: Settings,
    parameter: FlagParameter,
    storage: Storage,
    vpc: ec2.Vpc,
  ): ecs.FargateTaskDefinition {
    const prod = settings.environment === "prod";
    const task = new ecs.FargateTaskDefinition(this, "Task", {
      family: named("audio-transcription-service", settings.environment),
      cpu: prod ? 2048 : 1024,
      memoryLimitMiB: prod ? 4096 : 2048,
      runtimePlatform: {
        operatingSystemFamily: ecs.OperatingSystemFamily.LINUX,
        cpuArchitecture:
          settings.architecture === "arm64"
            ? ecs.CpuArchitecture.ARM64
            : ecs.CpuArchitecture.X86_64,
      },
    });
    const folder = prod ? "" : `${settings.environment}/`;
    // The only folder that it writes in; it is gone with the task.
    task.addVolume({ name: "state" });
    const rights = new ecs.LinuxParameters(this, "Rights");
    rights.dropCapabilities(ecs.Capability.ALL);
    const container = task.addContainer("sotto", {
      readonlyRootFilesystem: true,
      linuxParameters: rights,
      image: serviceImage(this, settings),
      command: ["serve", "--address", "0.0.0.0", "--port", String(port), "--no-demo"],
      environment: {
        ...variables(settings, parameter),
        SOTTO_PUBLIC_URL: this.url,
        // The load balancer's own addresses are of the network's.
        SOTTO_TRUSTED_PROXY: vpc.vpcCidrBlock,
        SOTTO_TRANSLATOR: "translate",
        SOTTO_SYNTHESISER: "polly",
        // The phases go by the function's sessions too.
        SOTTO_GATES: "cloudwatch",
        SOTTO_SESSIONS: `dynamodb:${storage.sessions.tableName}`,
        SOTTO_ROLLOUTS: `dynamodb:${storage.rollouts.tableName}`,
      },
      secrets: { SOTTO_OPERATOR_TOKEN: ecs.Secret.fromSecretsManager(this.operatorToken) },
      portMappings: [{ containerPort: port }],
      stopTimeout: Duration.minutes(2),
      logging: ecs.LogDrivers.awsLogs({
        streamPrefix: "sotto",
        logGroup: new logs.LogGroup(this, "Log", {
          logGroupName: `/audio-transcription/${folder}service`,
          retention: logRetention[settings.environment],
          removalPolicy: prod ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
        }),
      }),
    });
    container.addMountPoints({
      sourceVolume: "state", containerPath: "/var/lib/sotto", readOnly: false,
    });
    grantPull(task);
    parameter.grantReadWrite(task.taskRole);
    grantProgram(task.taskRole);
    grantEngines(task.taskRole, "translate:TranslateText", "polly:SynthesizeSpeech");
    storage.grantService(task.taskRole);
    grantFigures(task.taskRole);
    return task;
  }

  private balancer(vpc: ec2.Vpc, settings: Settings): elb.ApplicationLoadBalancer {
    if (!settings.certificate)
      Annotations.of(this).addWarningV2(
        "sotto:certificate",
        "no certificate, so the load balancer is inside the network only, with HTTP; " +
          "for the internet give one with --context certificate=ARN",
      );
    return new elb.ApplicationLoadBalancer(this, "LoadBalancer", {
      loadBalancerName: named("audio-transcription", settings.environment),
      vpc,
      internetFacing: settings.certificate !== undefined,
      // Sockets are pinged every few seconds; an upload of a recording may think for longer.
      idleTimeout: Duration.minutes(5),
      dropInvalidHeaderFields: true,
      deletionProtection: settings.environment === "prod",
    });
  }

  private listen(settings: Settings, vpc: ec2.Vpc): void {
    const listener = settings.certificate
      ? this.loadBalancer.addListener("Https", {
          port: 443,
          certificates: [elb.ListenerCertificate.fromArn(settings.certificate)],
          sslPolicy: elb.SslPolicy.RECOMMENDED_TLS,
        })
      : this.loadBalancer.addListener("Http", { port: 80, open: false });
    if (settings.certificate) this.loadBalancer.addRedirect();
    else listener.connections.allowDefaultPortFrom(
      ec2.Peer.ipv4(vpc.vpcCidrBlock), "from inside the network",
    );
    listener.addTargets("Sotto", {
      port,
      protocol: elb.ApplicationProtocol.HTTP,
      targets: [this.service],
      deregistrationDelay: Duration.minutes(2),
      healthCheck: {
        path: "/healthz",
        healthyHttpCodes: "200",
        interval: Duration.seconds(10),
        timeout: Duration.seconds(5),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 3,
      },
    });
  }
}

function operatorToken(scope: Construct, settings: Settings): secretsmanager.Secret {
  return new secretsmanager.Secret(scope, "OperatorToken", {
    secretName: named("audio-transcription-operator-token", settings.environment),
    description: "The token of sotto serve's operators",
    generateSecretString: { passwordLength: 43, excludePunctuation: true },
    removalPolicy: settings.environment === "prod" ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
}
