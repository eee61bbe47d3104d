"""The live stream: public events of the caller's company, as they are announced (design 10.2)."""
