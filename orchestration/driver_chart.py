def draw_drivers(models, factors): return ""
