using System.Text.Json;

namespace Mlops.Mlflow.Tests;

/// <summary>What the server answered.</summary>
public sealed record Answer(int Status, string Body, HttpResponseMessage Response)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public string Error => Json.GetProperty("error_code").GetString()!;

    public string Message => Json.GetProperty("message").GetString()!;

    /// <summary>The value at a path such as <c>run.info.run_id</c>.</summary>
    public JsonElement this[string path]
    {
        get
        {
            JsonElement value = Json;
            foreach (string step in path.Split('.'))
            {
                value = int.TryParse(step, out int index) ? value[index] : value.GetProperty(step);
            }

            return value;
        }
    }

    public string Text(string path) => this[path].GetString()!;

    public bool Has(string path)
    {
        JsonElement value = Json;
        foreach (string step in path.Split('.'))
        {
            if (!value.TryGetProperty(step, out value))
            {
                return false;
            }
        }

        return true;
    }
}
