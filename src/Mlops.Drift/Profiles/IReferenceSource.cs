namespace Mlops.Drift;

/// <summary>Supplies the reference of a model version that a monitor meets and does not know, for example from a registry.</summary>
public interface IReferenceSource
{
    /// <summary>The version's reference, or null when there is none. Asked again at later evaluations.</summary>
    /// <param name="monitor">The monitor's name.</param>
    /// <param name="modelVersion">The version's digest as the rows carry it.</param>
    /// <param name="cancellationToken">Cancels the look-up.</param>
    ValueTask<ServedReference?> FindAsync(string monitor, string modelVersion, CancellationToken cancellationToken = default);
}
