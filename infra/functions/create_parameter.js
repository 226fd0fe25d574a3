// Creates the feature flag's parameter where there is none, and leaves one that is there as it is:
// its value is live. Deleting the stack leaves it too. Goes inline into the template (4096 bytes).
const { SSM } = require("@aws-sdk/client-ssm");

async function create({ Name, Value, Description }) {
  try {
    await new SSM({}).putParameter({ Name, Value, Description, Type: "String", Overwrite: false });
    return "created";
  } catch (error) {
    if (error.name === "ParameterAlreadyExists") return "kept";
    throw error;
  }
}

exports.handler = async (event) => {
  const { RequestType, ResourceProperties, StackId, RequestId, LogicalResourceId } = event;
  const answer = {
    Status: "SUCCESS",
    PhysicalResourceId: ResourceProperties.Name,
    StackId,
    RequestId,
    LogicalResourceId,
  };
  try {
    const outcome = RequestType === "Delete" ? "kept" : await create(ResourceProperties);
    answer.Data = { Outcome: outcome };
    console.log(JSON.stringify({ level: "INFO", message: `parameter ${outcome}`, RequestType }));
  } catch (error) {
    answer.Status = "FAILED";
    answer.Reason = `${ResourceProperties.Name}: ${error.name}: ${error.message}`;
    console.log(JSON.stringify({ level: "ERROR", message: answer.Reason, RequestType }));
  }
  const body = JSON.stringify(answer);
  const response = await fetch(event.ResponseURL, {
    method: "PUT",
    headers: { "content-type": "" },
    body,
  });
  if (!response.ok) throw new Error(`CloudFormation did not take the answer: ${response.status}`);
};
