"""The stack on one machine, without Docker: `python -m deploy.local up | parts | status | token | down`."""
