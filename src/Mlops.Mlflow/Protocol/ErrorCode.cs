namespace Mlops.Mlflow;

/// <summary>An error of the protocol: its name on the wire and its HTTP status.</summary>
internal sealed record ErrorCode(string Name, int Status)
{
    public static readonly ErrorCode BadRequest = new("BAD_REQUEST", 400);
    public static readonly ErrorCode InvalidParameterValue = new("INVALID_PARAMETER_VALUE", 400);
    public static readonly ErrorCode AlreadyExists = new("RESOURCE_ALREADY_EXISTS", 400);
    public static readonly ErrorCode PermissionDenied = new("PERMISSION_DENIED", 403);
    public static readonly ErrorCode EndpointNotFound = new("ENDPOINT_NOT_FOUND", 404);
    public static readonly ErrorCode DoesNotExist = new("RESOURCE_DOES_NOT_EXIST", 404);
    public static readonly ErrorCode TooLarge = new("INVALID_PARAMETER_VALUE", 413);
    public static readonly ErrorCode Internal = new("INTERNAL_ERROR", 500);
    public static readonly ErrorCode InvalidState = new("INVALID_STATE", 500);
    public static readonly ErrorCode DataLoss = new("DATA_LOSS", 500);
    public static readonly ErrorCode NotImplemented = new("NOT_IMPLEMENTED", 501);
    public static readonly ErrorCode TemporarilyUnavailable = new("TEMPORARILY_UNAVAILABLE", 503);
}
