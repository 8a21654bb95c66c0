using System.Globalization;
using System.Text.Json;
using Mlops.Registry;

namespace Mlops.Mlflow;

internal static class ModelJson
{
    public static void Write(Utf8JsonWriter writer, RegisteredModel model, IReadOnlyList<ModelVersion> latest)
    {
        writer.WriteStartObject();
        writer.WriteString("name", model.Name);
        writer.WriteNumber("creation_timestamp", model.CreatedAt.ToUnixTimeMilliseconds());
        writer.WriteNumber("last_updated_timestamp", model.ChangedAt.ToUnixTimeMilliseconds());
        if (model.Actor is not (null or MlflowCall.Nobody))
        {
            writer.WriteString("user_id", model.Actor);
        }

        if (model.Description is not null)
        {
            writer.WriteString("description", model.Description);
        }

        VersionJson.WriteList(writer, "latest_versions", latest);
        WireTags.Write(writer, "tags", model.Tags);
        WriteAliases(writer, model);
        writer.WriteEndObject();
    }

    private static void WriteAliases(Utf8JsonWriter writer, RegisteredModel model)
    {
        if (model.Aliases.Count == 0)
        {
            return;
        }

        writer.WriteStartArray("aliases");
        foreach ((string alias, int number) in model.Aliases)
        {
            writer.WriteStartObject();
            writer.WriteString("alias", alias);
            writer.WriteString("version", number.ToString(CultureInfo.InvariantCulture));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
