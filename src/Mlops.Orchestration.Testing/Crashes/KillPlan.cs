namespace Mlops.Orchestration.Testing;

/// <summary>Where a process dies: at the n-th time that it reaches a point.</summary>
internal sealed record KillPlan(ExecutionPoint Point, int Number)
{
    public override string ToString() => FormattableString.Invariant($"{Point} number {Number}");
}
