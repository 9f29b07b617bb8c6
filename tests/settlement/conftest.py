"""The settlement tests take place in a community with events in any state."""

from scene import make_scene, scene

__all__ = ["make_scene", "scene"]
