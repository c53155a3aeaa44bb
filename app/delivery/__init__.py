"""Ways to bring a Plan to a client. Nothing here knows what media is."""
