using System.Globalization;

namespace Mlops.Tracking;

/// <summary>There is no such experiment, not even a deleted one.</summary>
public sealed class ExperimentNotFoundException : TrackingException
{
    internal ExperimentNotFoundException(string name)
        : base($"Looking for experiment '{name}': this database holds none of that name. Check the name and the connection string.") => Name = name;

    internal ExperimentNotFoundException(long id)
        : base(string.Create(CultureInfo.InvariantCulture, $"Looking for experiment {id}: this database holds none of that id. Check the id and the connection string.")) => Id = id;

    /// <summary>The name asked for; null when it was asked for by its id.</summary>
    public string? Name { get; }

    /// <summary>The id asked for; null when it was asked for by its name.</summary>
    public long? Id { get; }
}
