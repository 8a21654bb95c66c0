using System.Globalization;

namespace Mlops.Serving;

/// <summary>An answer and where it came from.</summary>
/// <typeparam name="T">Type of the answer.</typeparam>
public readonly struct Prediction<T>
{
    internal Prediction(T value, PredictionId id, ServedVersion version, string variant)
    {
        Value = value;
        Id = id;
        Version = version;
        Variant = variant;
    }

    /// <summary>The answer.</summary>
    public T Value { get; }

    /// <summary>Keep it with the row: the outcome is joined to it later.</summary>
    public PredictionId Id { get; }

    /// <summary>The version of the model that answered, and no other had a part in it.</summary>
    public ServedVersion Version { get; }

    /// <summary>Role of that version among those deployed; <c>live</c> is the one that answers by default.</summary>
    public string Variant { get; }

    /// <summary>The value, its version and id.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Value} (version {Version}, id {Id})");
}
