import Inference

/// A model that answers over HTTP, with what is told of it.
struct Served: Sendable {
  let running: RunningModel
  let statistics = InferenceStatistics()
  /// As asked for, or coarser where that would be too many series.
  let metricsLevel: ExpertMetricsLevel

  var model: OpenedModel { running.model }
  var experts: ExpertRecorder { running.experts }

  init(_ running: RunningModel, _ options: ServiceOptions) {
    self.running = running
    metricsLevel = options.expertMetrics.within(
      options.metricsSeriesLimit, running.experts.layers, hasProfile: running.model.profile != nil)
  }

  /// Time series of the experts at a level.
  func seriesCount(_ level: ExpertMetricsLevel) -> Int {
    level.seriesCount(experts.layers, hasProfile: model.profile != nil)
  }
}
