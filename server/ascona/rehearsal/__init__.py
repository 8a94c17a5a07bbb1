"""Simulated people for a rehearsal: clients like any other, over HTTP, Socket.IO and WebRTC."""
