import { existsSync } from "node:fs";
import { join } from "node:path";

import { CfnParameter, Stack } from "aws-cdk-lib";
import { Platform } from "aws-cdk-lib/aws-ecr-assets";
import * as ecs from "aws-cdk-lib/aws-ecs";
import * as iam from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";

import { appFolder, type Settings } from "./settings";

/** The account's own repository that the service may pull from, besides public ones. */
export const repositoryName = "sotto";

/**
 * The service's image. `--context image=build` builds deploy/Dockerfile when the stack is deployed;
 * another value is an image's name in a registry; without one the stack has a parameter `Image`.
 */
export function serviceImage(scope: Construct, settings: Settings): ecs.ContainerImage {
  if (settings.image !== "build") {
    const name =
      settings.image ??
      new CfnParameter(Stack.of(scope), "Image", {
        description:
          `The service's image: a public one, or one of this account's repository ${repositoryName}`,
        allowedPattern: "[a-z0-9][a-zA-Z0-9._/:@-]+",
      }).valueAsString;
    return ecs.ContainerImage.fromRegistry(name);
  }
  const root = join(appFolder, "..");
  if (!existsSync(join(root, "deploy", "Dockerfile")))
    throw new RangeError("image=build needs deploy/Dockerfile, which is not there");
  return ecs.ContainerImage.fromAsset(root, {
    file: "deploy/Dockerfile",
    exclude: ["**", "!apps", "!cmake", "!deploy", "!scripts", "!src", "!web", "!CMake*",
      "**/node_modules"],
    platform: settings.architecture === "arm64" ? Platform.LINUX_ARM64 : Platform.LINUX_AMD64,
  });
}

/** An image of the account's repository may be pulled; nothing else of the account's. */
export function grantPull(task: ecs.FargateTaskDefinition): void {
  const role = task.obtainExecutionRole();
  role.addToPrincipalPolicy(
    new iam.PolicyStatement({ actions: ["ecr:GetAuthorizationToken"], resources: ["*"] }),
  );
  role.addToPrincipalPolicy(
    new iam.PolicyStatement({
      actions: [
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetDownloadUrlForLayer",
      ],
      resources: [
        Stack.of(task).formatArn({
          service: "ecr",
          resource: "repository",
          resourceName: repositoryName,
        }),
      ],
    }),
  );
}
