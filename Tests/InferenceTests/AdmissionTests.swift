import Inference
import Testing

@Suite struct AdmissionTests {
  /// Batches of at most 4 images; an image takes 1 s and a batch 2 s more.
  private func make(limit: Int = 100) -> Admission {
    var admission = Admission(maxBatch: 4, limit: limit)
    for count in [1, 4, 2, 3] { admission.learn(imageCount: count, seconds: Double(count) + 2) }
    return admission
  }

  @Test func anIdleEngineTakesWhatItCanAnswerInTime() {
    var admission = make()
    // 3 s, and a twentieth of caution.
    #expect(admission.admit(imageCount: 1, now: 0, deadline: 3.2) == .admitted)
    #expect(admission.waiting == 1)
    var another = make()
    guard case .impossible(let seconds) = another.admit(imageCount: 1, now: 0, deadline: 3) else {
      Issue.record("a request that takes longer than it gives is taken in")
      return
    }
    #expect(abs(seconds - 3.15) < 0.01 && another.waiting == 0)
  }

  @Test func whatWaitsAndWhatRunsCountsBeforeIt() {
    var admission = make()
    #expect(admission.admit(imageCount: 4, now: 0, deadline: 100) == .admitted)
    admission.began(imageCount: 4, now: 0)
    #expect(admission.admit(imageCount: 4, now: 1, deadline: 100) == .admitted)
    // 6 s and a twentieth less one of the batch that runs are left; then five images in two batches.
    let wait = admission.predictedWait(imageCount: 1, now: 1)
    #expect(abs(wait - (1.05 * 6 - 1 + 1.05 * (5 + 4))) < 0.01)
    guard case .late(let retryAfter) = admission.admit(imageCount: 1, now: 1, deadline: 12) else {
      Issue.record("a request is taken in that can't be answered in time")
      return
    }
    #expect(abs(retryAfter - (1 + wait - 12)) < 1e-9)
    // What Retry-After promises holds when nobody else comes.
    admission.ended(now: 6, seconds: 6)
    admission.began(imageCount: 4, now: 6)
    #expect(admission.admit(imageCount: 1, now: 1 + retryAfter, deadline: 12 + retryAfter) == .admitted)
  }

  @Test func theQueueIsBoundedInImages() {
    var admission = make(limit: 5)
    #expect(admission.admit(imageCount: 4, now: 0, deadline: 1000) == .admitted)
    guard case .full(let retryAfter) = admission.admit(imageCount: 2, now: 0, deadline: 1000) else {
      Issue.record("six images wait where five may")
      return
    }
    #expect(retryAfter > 0)
    #expect(admission.admit(imageCount: 1, now: 0, deadline: 1000) == .admitted)
    admission.release(imageCount: 2)
    #expect(admission.admit(imageCount: 2, now: 0, deadline: 1000) == .admitted)
    #expect(admission.waiting == 5)
  }

  @Test func standingStillIsNoticedOnlyWithWork() {
    var admission = make()
    #expect(admission.standstill(now: 500) == 0)
    _ = admission.admit(imageCount: 1, now: 500, deadline: 1000)
    #expect(admission.standstill(now: 510) == 10)
    admission.began(imageCount: 1, now: 512)
    #expect(admission.standstill(now: 515) == 3)
    admission.ended(now: 516, seconds: 4)
    #expect(admission.standstill(now: 900) == 0)
  }
}
