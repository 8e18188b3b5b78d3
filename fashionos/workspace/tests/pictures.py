"""Pictures in the gallery: made, and stored as an upload stores them."""

from io import BytesIO
from uuid import uuid4

import numpy as np
from PIL import Image

from fashionos.kit.owned import Role, acting
from fashionos.storage.actors import Actor
from fashionos.storage.models import Bucket
from fashionos.storage.services import NewFile, put_object
from fashionos.storage.stores import store


def picture(seed=0, *, size=(320, 240), kind="JPEG"):
    """Return the bytes of a picture with something in it."""
    width, height = size
    pixels = np.full((height, width, 3), 235, np.uint8)
    speckles = np.random.default_rng(seed).integers(0, 160, (height // 2, width // 2, 3))
    pixels[height // 4 : height // 4 + height // 2, width // 4 : width // 4 + width // 2] = speckles
    file = BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


def add_gallery():
    """Put the bucket back, which tests that commit take away with everything else."""
    with acting(Role.SYSTEM):
        Bucket.objects.update_or_create(id="gallery", defaults={"allowed_mime_types": ["image/*"]})


def keep_file(data):
    version = uuid4()
    writer = store().write(version)
    writer.write(data)
    writer.finish()
    return NewFile(version, len(data), "image/jpeg")


def put(person, name, data=None):
    """Store an object in the person's folder, as they; return its name in the bucket."""
    path = f"{person.id}/{name}"
    file = keep_file(picture() if data is None else data)
    with acting(Role.WEB, user_id=person.id):
        put_object(Actor(Role.WEB, person.id), "gallery", path, file, upsert=True)
    return path
