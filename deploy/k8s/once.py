"""A verb of a service, run once in the cluster while none of its pods serve: a Job made of its worker's Deployment.

Its pod is a migration's to the network's policies, which open the same doors, and no worker's to the Deployment.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

COMPONENT = "app.kubernetes.io/component"
PROBES = ("startupProbe", "livenessProbe", "readinessProbe", "ports")


def job(deployment: Mapping[str, Any], verb: Sequence[str]) -> dict[str, Any]:
    """The same image, settings and secrets."""
    metadata, template = deployment["metadata"], deployment["spec"]["template"]
    (container,) = template["spec"]["containers"]
    once = {key: value for key, value in container.items() if key not in PROBES}
    labels = template["metadata"]["labels"]
    spec = {key: value for key, value in template["spec"].items() if key != "restartPolicy"}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            # As `kubectl create job` would be told it; two runs of a verb are two Jobs.
            "name": f"{metadata['labels']['app.kubernetes.io/name']}-{verb[0]}-{secrets.token_hex(2)}",
            "namespace": metadata["namespace"],
            "labels": labels | {COMPONENT: "once"},
        },
        "spec": {
            "backoffLimit": 0,  # an exit code other than 0 is an answer
            "ttlSecondsAfterFinished": 86400,
            "template": {
                "metadata": {"labels": labels | {COMPONENT: "migrate"}},
                "spec": spec
                | {"restartPolicy": "Never", "containers": [once | {"args": list(verb)}]},
            },
        },
    }
