namespace Mlops.Tuning;

/// <summary>What a trial has saved so that it can go on after a pause or a crash.</summary>
/// <param name="Step">The step that the data belongs to.</param>
/// <param name="Data">The objective's own bytes.</param>
public sealed record TrialCheckpoint(int Step, ReadOnlyMemory<byte> Data);
