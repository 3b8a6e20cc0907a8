"""What a model is, how it is trained, and the settings that have a name."""
from dataclasses import asdict, dataclass, fields, replace


@dataclass(frozen=True)
class ModelSettings:
    """A Vision Transformer; the blocks in `moe_layers` have a Soft MoE for an MLP, so an empty one is dense."""

    image_height: int = 32
    image_width: int = 32
    patch_size: int = 4
    width: int = 256
    depth: int = 9
    head_count: int = 4
    mlp_width: int = 1024
    moe_layers: tuple[int, ...] = (6, 7, 8)
    expert_count: int = 32
    slots_per_expert: int = 1
    expert_width: int = 256
    qk_norm: bool = False
    class_count: int = 10

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of patches."""
        return self.image_height // self.patch_size, self.image_width // self.patch_size

    @property
    def token_count(self) -> int:
        return self.grid[0] * self.grid[1]


@dataclass(frozen=True)
class TrainingSettings:
    """One run. Every random number of it follows from `seed` and the epoch."""

    epochs: int = 400
    warmup_epochs: int = 10
    batch_size: int = 512
    learning_rate: float = 5e-3
    weight_decay: float = 0.05
    label_smoothing: float = 0.1
    averaging: float = 0.999
    drop_path: float = 0.1
    trivial_augment: bool = True
    mix_probability: float = 0.75
    erase_probability: float = 0.25
    first_image_side: int = 16
    growing_share: float = 0.0
    train_images: int = 50_000
    seed: int = 0

    def image_side(self, epoch: int, model: ModelSettings) -> int:
        """Pixels a side: over the first `growing_share` of the epochs images grow, a patch at a time."""
        sides = range(self.first_image_side, model.image_height, model.patch_size)
        index = int(epoch * len(sides) / (self.growing_share * self.epochs)) if self.growing_share else len(sides)
        return sides[index] if index < len(sides) else model.image_height


@dataclass(frozen=True)
class Settings:
    model: ModelSettings = ModelSettings()
    training: TrainingSettings = TrainingSettings()

    def with_values(self, assignments: list[str]) -> "Settings":
        """Replaces single values: `["epochs=10", "moe_layers=4,5"]`."""
        result = self
        for assignment in assignments:
            name, _, text = assignment.partition("=")
            part = next((part for part in ("model", "training") if name in names(getattr(self, part))), None)
            if part is None:
                known = ", ".join(sorted(names(self.model) | names(self.training)))
                raise SystemExit(f"--set {assignment}: expected NAME=VALUE with a name of {known}")
            group = getattr(result, part)
            try:
                value = parse(text, getattr(group, name))
            except ValueError:
                raise SystemExit(
                    f"--set {assignment}: expected a value like {getattr(group, name)!r}, found '{text}'") from None
            result = replace(result, **{part: replace(group, **{name: value})})
        return result

    def as_dict(self) -> dict:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict) -> "Settings":
        model = dict(values["model"], moe_layers=tuple(values["model"]["moe_layers"]))
        return cls(ModelSettings(**model), TrainingSettings(**values["training"]))


def names(group) -> set[str]:
    return {field.name for field in fields(group)}


def parse(text: str, like):
    """`text` as a value of the type of `like`."""
    if isinstance(like, bool):
        if text not in ("true", "false"):
            raise ValueError(text)
        return text == "true"
    if isinstance(like, tuple):
        return tuple(int(part) for part in text.split(",") if part)
    return type(like)(text)


PRESETS = {
    # 18 M parameters, for a GPU.
    "cifar10": Settings(),
    # The bundled model: what two CPU cores can do in an hour.
    "cpu": Settings(
        ModelSettings(width=128, depth=6, head_count=4, mlp_width=512, moe_layers=(3, 4, 5), expert_width=128),
        TrainingSettings(
            epochs=40, warmup_epochs=2, batch_size=256, drop_path=0.0, mix_probability=0.25, erase_probability=0.0,
            growing_share=0.6)),
    # Seconds; it proves that everything works, and learns little.
    "smoke": Settings(
        ModelSettings(width=64, depth=3, head_count=2, mlp_width=128, moe_layers=(2,), expert_width=32),
        TrainingSettings(
            epochs=3, warmup_epochs=1, batch_size=128, train_images=5_000, first_image_side=24, growing_share=0.5)),
}
