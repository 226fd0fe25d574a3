"""What `aws SERVICE OPERATION --cli-input-json JSON` does, where only botocore is installed."""

import json
import sys

import botocore.session

service, operation, _, text = sys.argv[1:]
client = botocore.session.get_session().create_client(service)
answer = getattr(client, operation.replace("-", "_"))(**json.loads(text))
print(json.dumps(answer, default=str))
