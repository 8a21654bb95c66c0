namespace Mlops.Mlflow;

/// <summary>The run that a request names: as <c>run_id</c>, or as old clients do, <c>run_uuid</c>.</summary>
internal static class RunIds
{
    private const int MaximumLength = 256;

    public static string Read(MlflowRequest fields)
    {
        string id = fields.Text("run_id") is { Length: > 0 } given ? given
            : fields.Text("run_uuid") is { Length: > 0 } old ? old
            : throw ProtocolException.Missing("run_id");
        return Require(id);
    }

    public static string Require(string id) => IsId(id) ? id : throw ProtocolException.Invalid($"Invalid run ID: '{ProtocolException.Shorten(id)}'");

    public static bool IsId(string id) =>
        id.Length is > 0 and <= MaximumLength && char.IsAsciiLetterOrDigit(id[0]) && id.All(static c => char.IsLetterOrDigit(c) || c is '_' or '-');
}
