using System.Globalization;
using System.Net;

namespace Mlops.Mlflow;

/// <summary>An MLflow server refused a request, or answered something that is no answer.</summary>
public sealed class MlflowException : HttpRequestException
{
    internal MlflowException(string path, HttpStatusCode status, string errorCode, string message, Exception? inner = null)
        : base(string.Create(CultureInfo.InvariantCulture, $"Asking an MLflow server for '{path}': it answered {(int)status} {errorCode}: {message}"), inner, status)
    {
        Status = status;
        ErrorCode = errorCode;
    }

    /// <summary>The HTTP status.</summary>
    public HttpStatusCode Status { get; }

    /// <summary>MLflow's name of the error, for example <c>RESOURCE_DOES_NOT_EXIST</c>; empty when the answer had none.</summary>
    public string ErrorCode { get; }

    /// <summary>How long the server asks to wait before the next request; null when it does not say.</summary>
    public TimeSpan? RetryAfter { get; internal init; }

    /// <summary>True when the same request may succeed later: 408, 429, 502, 503, 504.</summary>
    public bool IsTransient => Status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests
        or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;
}
