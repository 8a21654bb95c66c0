using System.Globalization;

namespace Mlops.Registry;

/// <summary>What models and versions can be sorted by.</summary>
internal static class RegistryOrders
{
    private static readonly ListingKey Name = new("m.name", IsText: true);
    private static readonly ListingKey Number = new("v.number", IsText: false);
    private static readonly ListingKey VersionCreated = new("v.created", IsText: false);
    private static readonly ListingKey VersionChanged = new("COALESCE(v.changed, v.created)", IsText: false);
    private static readonly ListingKey ModelCreated = new("m.created", IsText: false);
    private static readonly ListingKey ModelChanged = new("COALESCE(m.changed, m.created)", IsText: false);

    private static readonly Dictionary<string, ListingKey> ModelKeys = new(StringComparer.Ordinal)
    {
        ["name"] = Name,
        ["creation_timestamp"] = ModelCreated,
        ["timestamp"] = ModelCreated,
        ["last_updated_timestamp"] = ModelChanged,
    };

    private static readonly Dictionary<string, ListingKey> VersionKeys = new(StringComparer.Ordinal)
    {
        ["name"] = Name,
        ["version_number"] = Number,
        ["creation_timestamp"] = VersionCreated,
        ["last_updated_timestamp"] = VersionChanged,
    };

    public static ListingOrder OfModels(string? text, string parameter) => ListingOrder.Parse(text, ModelKeys, [(Name, false)], parameter);

    public static ListingOrder OfVersions(string? text, string parameter) =>
        ListingOrder.Parse(text ?? "last_updated_timestamp DESC", VersionKeys, [(Name, false), (Number, true)], parameter);

    public static string ValueOf(ListingKey key, RegisteredModel model) =>
        key == Name ? model.Name : Print(UnixTime.From(key == ModelCreated ? model.CreatedAt : model.ChangedAt));

    public static string ValueOf(ListingKey key, ModelVersion version)
    {
        if (key == Name)
        {
            return version.Model;
        }

        return Print(key == Number ? version.Number : UnixTime.From(key == VersionCreated ? version.RegisteredAt : version.ChangedAt));
    }

    private static string Print(long value) => value.ToString(CultureInfo.InvariantCulture);
}
