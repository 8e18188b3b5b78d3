from django.urls import path

from fashionos.privacy.views import Erasure, Export

urlpatterns = [
    path("export", Export.as_view()),
    path("erasure", Erasure.as_view()),
]
