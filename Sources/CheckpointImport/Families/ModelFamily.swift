/// Which implementation's names and conventions a source follows.
package enum ModelFamily: String, Sendable, CaseIterable {
  /// google-research/vmoe: Flax names.
  case vmoe
  /// google-research/vision_transformer: the published npz files.
  case googleViT = "google-vit"
  /// google-research/big_vision.
  case bigVision = "big-vision"
  /// timm's VisionTransformer, and bwconrad/soft-moe, lucidrains' and MoE-Jetpack's layers in it.
  case timm
  /// Meta's own DINOv2.
  case dinov2
  /// torchvision's VisionTransformer.
  case torchvision
  /// open_clip's and OpenAI's image towers.
  case openCLIP = "open-clip"
  /// Hugging Face ViT, DeiT, MAE.
  case huggingFaceViT = "hf-vit"
  /// Hugging Face DINOv2, with and without registers.
  case huggingFaceDINOv2 = "hf-dinov2"
  /// Hugging Face CLIP's image tower.
  case huggingFaceCLIP = "hf-clip"
  /// Hugging Face SigLIP's image tower.
  case huggingFaceSigLIP = "hf-siglip"
  /// lucidrains/vit-pytorch: ViT and SimpleViT.
  case vitPyTorch = "vit-pytorch"
  /// fkodom/soft-mixture-of-experts: SoftMoEViT.
  case fkodom

  /// Those of Flax; the others are PyTorch's.
  package var isFlax: Bool { [.vmoe, .googleViT, .bigVision].contains(self) }
}
