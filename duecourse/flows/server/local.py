"""What does the local Prefect server run, until the server that started it is gone?

Started as ``python -P -m duecourse.flows.server.local PORT``, with the standard input held open by the parent.
"""

from __future__ import annotations

import os
import sys
import threading


def _end_with_the_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def main(port: int) -> None:
    """Serve Prefect's API and pages on the loopback."""
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    import uvicorn
    from prefect.server.api.server import create_app

    uvicorn.run(create_app(), host="127.0.0.1", port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main(int(sys.argv[1]))
