using System.Globalization;

namespace Mlops.Tracking;

/// <summary>There is no such experiment, not even a deleted one.</summary>
public sealed class ExperimentNotFoundException : TrackingException
{
    /// <summary>For stores: there is none of the name.</summary>
    public ExperimentNotFoundException(string name)
        : base($"Looking for experiment '{name}': the store holds none of that name. Check the name and which store this tracker is over.") => Name = name;

    /// <summary>For stores: there is none of the number.</summary>
    public ExperimentNotFoundException(long id)
        : base(string.Create(CultureInfo.InvariantCulture, $"Looking for experiment {id}: the store holds none of that id. Check the id and which store this tracker is over.")) => Id = id;

    /// <summary>The name asked for; null when it was asked for by its id.</summary>
    public string? Name { get; }

    /// <summary>The id asked for; null when it was asked for by its name.</summary>
    public long? Id { get; }
}
