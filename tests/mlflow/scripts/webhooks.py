"""Webhooks of the registry: written, read, tested, and told of what happens, with a signature."""

import base64
import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

from mlflow import MlflowClient
from mlflow.entities.webhook import WebhookAction, WebhookEntity, WebhookEvent, WebhookStatus
from mlflow.exceptions import MlflowException

heard = []


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        heard.append((dict(self.headers), body))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"heard")

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/hook"

client = MlflowClient()
version_created = WebhookEvent(WebhookEntity.MODEL_VERSION, WebhookAction.CREATED)
hook = client.create_webhook(
    name="ci", url=url, events=[version_created, "registered_model.created"], description="Builds.", secret="not told"
)
assert hook.status == WebhookStatus.ACTIVE and hook.description == "Builds." and hook.url == url, hook
assert {str(event) for event in hook.events} == {"model_version.created", "registered_model.created"}, hook.events
assert client.get_webhook(hook.webhook_id).name == "ci"
assert [one.webhook_id for one in client.list_webhooks()] == [hook.webhook_id]

result = client.test_webhook(hook.webhook_id, version_created)
assert result.success and result.response_status == 200 and result.response_body == "heard", result
assert json.loads(heard[0][1])["data"]["name"] == "example_model"
heard.clear()

client.create_registered_model("told", tags={"a": "b"})
client.create_model_version("told", source="s3://bucket/model", description="first")
client.set_model_version_tag("told", "1", "not", "asked for")
for _ in range(100):
    if len(heard) == 2:
        break
    time.sleep(0.1)
assert len(heard) == 2, heard
bodies = {json.loads(body)["entity"]: json.loads(body) for _, body in heard}
assert bodies["registered_model"]["data"] == {"name": "told", "tags": {"a": "b"}, "description": ""}, bodies
assert bodies["model_version"]["action"] == "created"
assert bodies["model_version"]["data"] == {
    "name": "told", "version": "1", "source": "s3://bucket/model", "run_id": None, "tags": {}, "description": "first",
}, bodies
for headers, body in heard:
    headers = {name.lower(): value for name, value in headers.items()}
    signed = f"{headers['x-mlflow-delivery-id']}.{headers['x-mlflow-timestamp']}.{body}"
    digest = hmac.new(b"not told", signed.encode(), hashlib.sha256).digest()
    assert headers["x-mlflow-signature"] == "v1," + base64.b64encode(digest).decode()

changed = client.update_webhook(hook.webhook_id, name="cd", status=WebhookStatus.DISABLED)
assert changed.name == "cd" and changed.status == WebhookStatus.DISABLED and len(changed.events) == 2, changed
for broken in ({"name": "-x"}, {"url": "ftp://example.org"}):
    try:
        client.create_webhook(**{"name": "x", "url": url, "events": [version_created], **broken})
        raise AssertionError(f"{broken} was taken")
    except MlflowException as error:
        assert error.error_code == "INVALID_PARAMETER_VALUE", error.error_code
client.delete_webhook(hook.webhook_id)
try:
    client.get_webhook(hook.webhook_id)
    raise AssertionError("what was deleted is there")
except MlflowException as error:
    assert error.error_code == "RESOURCE_DOES_NOT_EXIST", error.error_code
print("ok")
