using Mlops.Storage;

namespace Mlops.Registry;

/// <summary>What models and versions are found and ordered by. In the SQL, <c>m</c> is the model and <c>v</c> the version.</summary>
internal static class RegistryFields
{
    public const string ModelsEnd = "name";
    public const string VersionsEnd = "name, version_number DESC";

    public static readonly QueryFields Models = new QueryFields("model")
        .Add("name", QueryField.Text("m.name"))
        .Add("creation_timestamp", QueryField.Time("m.created"), "timestamp")
        .Add("last_updated_timestamp", QueryField.Time("COALESCE(m.changed, m.created)"))
        .AddKeyed("tags", static key => QueryField.Keyed("registry_model_tag", "model", "m.model", key), "tag");

    public static readonly QueryFields Versions = new QueryFields("version")
        .Add("name", QueryField.Text("m.name"))
        .Add("version_number", QueryField.Whole("v.number"))
        .Add("run_id", QueryField.Text("v.run_id", isNullable: true))
        .Add("source_path", QueryField.Text("v.source", isNullable: true))
        .Add("creation_timestamp", QueryField.Time("v.created"))
        .Add("last_updated_timestamp", QueryField.Time("COALESCE(v.changed, v.created)"))
        .AddKeyed("tags", static key => QueryField.Keyed("registry_version_tag", "version", "v.version", key), "tag");
}
