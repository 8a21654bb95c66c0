namespace Mlops.Orchestration;

/// <summary>A result that was to be taken over has been removed since it was found.</summary>
internal sealed class CachedResultGoneException(string step, long runId)
    : Exception(FormattableString.Invariant($"Run {runId}, whose result step '{step}' was to take over, has been removed."));
