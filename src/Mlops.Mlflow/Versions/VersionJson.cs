using System.Globalization;
using System.Text.Json;
using Mlops.Registry;

namespace Mlops.Mlflow;

internal static class VersionJson
{
    /// <summary>The tag that keeps a version's <c>run_link</c>, which only clients of MLflow know.</summary>
    public const string RunLinkTag = "mlflow.runLink";

    public static void Write(Utf8JsonWriter writer, ModelVersion version)
    {
        writer.WriteStartObject();
        writer.WriteString("name", version.Model);
        writer.WriteString("version", version.Number.ToString(CultureInfo.InvariantCulture));
        writer.WriteNumber("creation_timestamp", version.RegisteredAt.ToUnixTimeMilliseconds());
        writer.WriteNumber("last_updated_timestamp", version.ChangedAt.ToUnixTimeMilliseconds());
        if (version.Actor != MlflowCall.Nobody)
        {
            writer.WriteString("user_id", version.Actor);
        }

        writer.WriteString("current_stage", Stages.Name(version.Stage));
        writer.WriteString("description", version.Description ?? "");
        writer.WriteString("source", version.Source ?? ProxyPath.RootOf(version));
        writer.WriteString("run_id", version.RunId ?? "");
        writer.WriteString("status", "READY");
        if (version.Tags.TryGetValue(RunLinkTag, out string? link))
        {
            writer.WriteString("run_link", link);
        }

        WireTags.Write(writer, "tags", link is null ? version.Tags : version.Tags.Where(static tag => tag.Key != RunLinkTag).ToDictionary());
        if (version.Aliases.Count > 0)
        {
            writer.WriteStartArray("aliases");
            foreach (string alias in version.Aliases)
            {
                writer.WriteStringValue(alias);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    /// <summary>Writes the list; nothing when there are none.</summary>
    public static void WriteList(Utf8JsonWriter writer, string name, IReadOnlyList<ModelVersion> versions)
    {
        if (versions.Count == 0)
        {
            return;
        }

        writer.WriteStartArray(name);
        foreach (ModelVersion version in versions)
        {
            Write(writer, version);
        }

        writer.WriteEndArray();
    }
}
