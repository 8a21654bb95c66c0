using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Mlops.Registry;
using Mlops.Storage;
using Mlops.Tracking;

namespace Mlops.Mlflow;

/// <summary>The error that an exception is on the wire. Messages say what the client sent and what is known of it, never how it is stored.</summary>
internal static class ErrorAnswer
{
    public static (ErrorCode Code, string Message) Of(Exception exception) => exception switch
    {
        ProtocolException known => (known.Code, known.Message),
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => (ErrorCode.TooLarge, "The request's body is too long."),
        BadHttpRequestException => (ErrorCode.BadRequest, "The request's body could not be read."),
        RunNotFoundException missing => (ErrorCode.DoesNotExist, $"Run with id={missing.RunId} not found"),
        RunDeletedException deleted => (ErrorCode.InvalidParameterValue, $"The run {deleted.RunId} must be in the 'active' state. Current state is deleted."),
        ParameterConflictException conflict => (ErrorCode.InvalidParameterValue,
            $"Changing param values is not allowed. Param with key='{conflict.Key}' was already logged with value='{conflict.Stored}' for run ID='{conflict.RunId}'. Attempted logging new value '{conflict.Refused}'."),
        ExperimentNotFoundException => (ErrorCode.DoesNotExist, "Could not find the experiment."),
        ExperimentExistsException { IsDeleted: true } exists => (ErrorCode.AlreadyExists,
            $"Experiment '{exists.Name}' already exists in deleted state. You can restore the experiment, or permanently delete the experiment to create a new one."),
        ExperimentExistsException exists => (ErrorCode.AlreadyExists, $"Experiment '{exists.Name}' already exists."),
        ExperimentDeletedException => (ErrorCode.InvalidParameterValue, "The experiment must be in the 'active' state. Current state is deleted."),
        RunArtifactNotFoundException missing => (ErrorCode.DoesNotExist, $"The run has no artifact '{missing.Name}'."),
        ModelNotFoundException missing => (ErrorCode.DoesNotExist, $"Registered Model with name={missing.Model} not found"),
        VersionNotFoundException missing => (ErrorCode.DoesNotExist,
            string.Create(CultureInfo.InvariantCulture, $"Model Version (name={missing.Model}, version={missing.Number}) not found")),
        ModelExistsException exists => (ErrorCode.AlreadyExists, $"Registered Model (name={exists.Model}) already exists."),
        ModelFileNotFoundException missing => (ErrorCode.DoesNotExist, $"The model version has no file '{missing.Name}'."),
        AliasNotFoundException missing => (ErrorCode.InvalidParameterValue, $"Registered model alias {missing.Alias} not found."),
        FilterException filter => (ErrorCode.InvalidParameterValue, filter.Message),
        InvalidNameException name => (ErrorCode.InvalidParameterValue, $"Invalid name: '{ProtocolException.Shorten(name.Name)}'. A model's has 1 to 256 characters without '/', ':', '@' and invisible ones; an alias's letters, digits, '.', '_' and '-'."),
        ArtifactNotFoundException or ArtifactCorruptException => (ErrorCode.DataLoss, "The file's bytes are missing or damaged on the server."),
        StorageException { IsTransient: true } => (ErrorCode.TemporarilyUnavailable, "The server's storage is busy or away. Try again."),

        // Also an ArgumentException: what clients sent was refused where it was read, or by ClientValues.
        _ => (ErrorCode.Internal, "The server failed; its log says why."),
    };

    public static Task WriteAsync(HttpContext context, ErrorCode code, string message)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("error_code", code.Name);
            writer.WriteString("message", message);
            writer.WriteEndObject();
        }

        HttpResponse response = context.Response;
        response.StatusCode = code.Status;
        response.ContentType = "application/json";
        response.ContentLength = buffer.WrittenCount;
        return response.Body.WriteAsync(buffer.WrittenMemory, context.RequestAborted).AsTask();
    }
}
