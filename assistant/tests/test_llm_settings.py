"""What the settings may say of the language model."""

import pytest

from fashionos.checks import check_language_model


def errors(settings, **values):
    for name, value in values.items():
        setattr(settings, f"ASSISTANT_LLM_{name}", value)
    return [(error.id, error.msg) for error in check_language_model()]


def test_no_model_is_fine(settings):
    assert errors(settings) == []


@pytest.mark.parametrize("url", ["https://api.example/v1", "http://127.0.0.1:11434/v1"])
def test_a_model_with_a_key_is_fine_over_https_and_at_home(settings, url):
    assert errors(settings, BASE_URL=url, MODEL="small", API_KEY="sesame") == []


def test_a_model_without_a_key_may_be_anywhere(settings):
    assert errors(settings, BASE_URL="http://ollama:11434/v1", MODEL="small") == []


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"BASE_URL": "https://api.example/v1"}, "ASSISTANT_LLM_MODEL"),
        ({"MODEL": "small"}, "ASSISTANT_LLM_BASE_URL"),
        ({"BASE_URL": "api.example/v1", "MODEL": "small"}, "ASSISTANT_LLM_BASE_URL"),
        ({"BASE_URL": "ftp://api.example", "MODEL": "small"}, "ASSISTANT_LLM_BASE_URL"),
        (
            {"BASE_URL": "http://api.example/v1", "MODEL": "small", "API_KEY": "sesame"},
            "https",
        ),
        ({"API_KEY": "two\nlines"}, "ASSISTANT_LLM_API_KEY"),
        ({"MODE": "sometimes"}, "ASSISTANT_LLM_MODE"),
        ({"TIMEOUT_S": 0}, "ASSISTANT_LLM_TIMEOUT_S"),
        ({"MAX_STEPS": 0}, "ASSISTANT_LLM_MAX_STEPS"),
    ],
)
def test_a_model_by_halves_keeps_the_server_from_starting(settings, values, named):
    ((found, message),) = errors(settings, **values)
    assert found == "fashionos.E003"
    assert named in message
    assert "sesame" not in message
