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

    /// <param name="value">As the client sent it.</param>
    /// <param name="parameter">The field.</param>
    /// <param name="type">What the value was, in the words of MLflow: str, int, float, bool, list, dict.</param>
    public static ProtocolException WrongType(string value, string parameter, string type) => Invalid(
        $"Invalid value {Shorten(value)} for parameter '{parameter}' supplied. Hint: Value was of type '{type}'. See the API docs for more information about request parameters.");

    public static string Shorten(string text) => text.Length <= MaximumShown ? text : string.Concat(text.AsSpan(0, MaximumShown), "...");
}
