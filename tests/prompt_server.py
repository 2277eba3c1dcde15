"""How does a web server of a test stop at once? Uvicorn looks only ten times a second whether it is to stop."""

from __future__ import annotations

import asyncio

import uvicorn


class PromptServer(uvicorn.Server):
    """Uvicorn's server, which stops as soon as `stop` is called, once what it is answering is answered."""

    def stop(self) -> None:
        """Stop serving; may be called from another thread."""
        self.should_exit = True
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._told.set)

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told = asyncio.Event()

    async def main_loop(self) -> None:
        """Serve until told to stop, with a tick each tenth of a second, as uvicorn has it."""
        self._loop = asyncio.get_running_loop()
        counter = 0
        while not await self.on_tick(counter):
            counter += 1
            try:
                await asyncio.wait_for(self._told.wait(), 0.1)
            except TimeoutError:
                continue
