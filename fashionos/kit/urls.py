from django.urls import re_path

from fashionos.kit.functions import UnknownFunction

urlpatterns = [re_path(r"", UnknownFunction.as_view())]
