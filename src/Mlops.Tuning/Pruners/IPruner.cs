namespace Mlops.Tuning;

/// <summary>
/// Decides from a trial's reports whether it may go on. A pruner holds settings only and may serve many studies; all it knows is in the
/// <see cref="PruningContext"/>. Called under the study's lock: it must neither wait nor call the study.
/// </summary>
public interface IPruner
{
    /// <summary>The literature's name, for example <c>median</c>.</summary>
    string Name { get; }

    /// <summary>Whether <see cref="Judge"/> may answer <see cref="PruningVerdict.Pause"/>; then paused trials are judged again whenever a trial is asked for.</summary>
    bool Pauses => false;

    /// <summary>Judges a trial after a report of its own.</summary>
    PruningVerdict Judge(PruningContext context);
}
