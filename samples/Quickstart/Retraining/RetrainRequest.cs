namespace Quickstart;

/// <summary>Why a retraining starts: the parameters of a pipeline run.</summary>
/// <param name="Day">The day at whose end it starts; labels of earlier days are known.</param>
/// <param name="Reason">What the monitor said.</param>
public sealed record RetrainRequest(DateOnly Day, CandidateOrigin Origin, string Reason);
