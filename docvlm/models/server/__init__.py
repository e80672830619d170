"""An engine whose model runs in a server that speaks OpenAI's chat interface."""
