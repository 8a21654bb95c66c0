namespace Mlops.Storage;

/// <summary>What one opening of the database has to do.</summary>
/// <param name="Sets">The sets that were not looked at before, the storage's own first.</param>
/// <param name="Apply">Whether missing migrations are applied or refused.</param>
/// <param name="Process">The name this process announces itself by.</param>
/// <param name="PresenceDuration">How long the announcement holds without renewal.</param>
/// <param name="Versions">Every feature of this process with the version of its code.</param>
internal sealed record MigrationPlan(IReadOnlyList<MigrationSet> Sets, bool Apply, string Process, TimeSpan PresenceDuration, IReadOnlyList<(string Feature, int Version)> Versions);
