"""Requests as a frontend sends them, for the OpenAPI page."""

CHAT = {
    "message": "are we ready?",
    "currentKit": "logistics",
    "currentRoute": "/logistics",
    "sessionId": "5f0c7d52-3b1e-4c7a-9d86-2a4be1f7c903",
    "conversationHistory": [{"role": "user", "content": "good morning"}],
    "userContext": {
        "timezone": "Europe/Paris",
        "sampleList": [
            {
                "id": "smp-001",
                "name": "Ivory silk gown",
                "category": "dress",
                "status": "delayed",
                "isHero": True,
                "lookIds": ["look-01"],
                "expectedAt": "2026-03-12T12:30:00+01:00",
            },
            {"id": "smp-037", "name": "Black wool coat", "category": "coat", "status": "on_set"},
            {"id": "smp-052", "name": "Silver mesh bag", "category": "bag", "status": "shot"},
        ],
    },
}

# The conversation that the answer's meta names.
FEEDBACK = {"conversationId": "669a70d5-647d-4925-8e63-a57d16ba96f3", "helpful": True}

# The token of the answer's Confirm button.
CONFIRMATION = {"token": "eyJ1c2VyIjoiNjY5YTcwZDUifQ:1wABCD:c2lnbmF0dXJl"}
