using System.Text.Json;

namespace Mlops.Mlflow;

/// <summary>A request is answered with an error; the message goes to the client.</summary>
internal sealed class ProtocolException(ErrorCode code, string message) : Exception(message)
{
    private const int MaximumShown = 100;

    public ErrorCode Code { get; } = code;

    public static ProtocolException Invalid(string message) => new(ErrorCode.InvalidParameterValue, message);

    public static ProtocolException NotFound(string message) => new(ErrorCode.DoesNotExist, message);

    public static ProtocolException Missing(string parameter) =>
        Invalid($"Missing value for required parameter '{parameter}'. See the API docs for more information about request parameters.");

    /// <summary>A value in JSON that is not of the field's type.</summary>
    public static ProtocolException WrongType(JsonElement value, string parameter) => WrongType(WireJson.Compact(value), WireJson.TypeOf(value), parameter);

    /// <summary>A text, in a query or as a number, that is not of the field's type.</summary>
    public static ProtocolException WrongType(string value, string parameter) => WrongType(WireJson.Quote(Shorten(value)), "str", parameter);

    public static string Shorten(string text) => text.Length <= MaximumShown ? text : WireText.Truncate(text, MaximumShown) + "...";

    private static ProtocolException WrongType(string json, string type, string parameter) => Invalid(
        $"Invalid value {Shorten(json)} for parameter '{parameter}' supplied. Hint: Value was of type '{type}'. See the API docs for more information about request parameters.");
}
