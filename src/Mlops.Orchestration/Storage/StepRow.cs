namespace Mlops.Orchestration;

/// <summary>A step of an earlier run, as far as a rerun takes it over.</summary>
internal sealed record StepRow(string Key, string Node, long Ordinal, StepState State, long? ResultSequence, byte[]? Item);
