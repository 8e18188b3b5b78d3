from django.urls import path

from realtime import views

urlpatterns = [
    path("api/broadcast", views.batch),
    # The handler looks at the raw path: decoded, a slash in an event's name cannot be told from one beside it.
    path("api/broadcast/<path:topic>/events/<path:event>", views.single),
]
