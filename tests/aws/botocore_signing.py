"""Recomputes signatures with botocore and compares: reads JSON lines as signing_shapes prints them.

Each line has a request before signing, the credentials, the scope and the moment; and what was made
of it: the Authorization header, or the presigned query.
"""
import datetime
import json
import sys
from unittest import mock

import botocore
import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

LEAST_SHAPES = 22


def moment_of(shape):
    moment = datetime.datetime.strptime(shape["date"], "%Y%m%dT%H%M%SZ")
    return moment.replace(tzinfo=datetime.timezone.utc)


def at(moment):
    """Sets botocore's clock: newer releases ask a function, older ones datetime itself."""
    if hasattr(botocore.auth, "get_current_datetime"):
        return mock.patch("botocore.auth.get_current_datetime", return_value=moment)
    clock = mock.Mock(wraps=datetime.datetime)
    clock.utcnow.return_value = moment.replace(tzinfo=None)
    clock.now.return_value = moment
    clock.strptime = datetime.datetime.strptime
    module = mock.Mock(wraps=datetime)
    module.datetime = clock
    return mock.patch("botocore.auth.datetime", module)


def signed_by_botocore(shape):
    host = dict((name.lower(), value) for name, value in shape["headers"])["host"]
    query = "?" + shape["query"] if shape["query"] else ""
    request = AWSRequest(method=shape["method"], url="https://" + host + shape["path"] + query,
                         data=shape["body"].encode())
    for name, value in shape["headers"]:
        request.headers.add_header(name, value)
    keys = Credentials(shape["access_key_id"], shape["secret_access_key"], shape["token"] or None)
    with at(moment_of(shape)):
        if "presigned" in shape:
            auth = botocore.auth.SigV4QueryAuth(keys, shape["service"], shape["region"],
                                                shape["expires"])
            auth.add_auth(request)
            return request.url.rpartition("X-Amz-Signature=")[2]
        botocore.auth.SigV4Auth(keys, shape["service"], shape["region"]).add_auth(request)
        return request.headers["Authorization"]


def main():
    shapes = [json.loads(line) for line in sys.stdin]
    wrong = 0
    for shape in shapes:
        expected = signed_by_botocore(shape)
        ours = (shape["presigned"].rpartition("X-Amz-Signature=")[2] if "presigned" in shape
                else shape["authorization"])
        if ours != expected:
            wrong += 1
            print(f"{shape['name']}:\n  botocore {expected}\n  ours     {ours}")
    names = {shape["name"] for shape in shapes}
    if len(names) < LEAST_SHAPES:
        sys.exit(f"only {len(names)} shapes; there should be {LEAST_SHAPES} or more")
    print(f"{len(shapes) - wrong} of {len(shapes)} signatures are botocore {botocore.__version__}'s")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
