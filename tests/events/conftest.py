"""The events tests take place in a community with events in any state."""

from scene import house, make_scene, people, scene

__all__ = ["house", "make_scene", "people", "scene"]
