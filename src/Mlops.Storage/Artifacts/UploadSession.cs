namespace Mlops.Storage;

/// <summary>An upload that comes in pieces.</summary>
/// <param name="Id">64 hexadecimal digits that cannot be guessed: whoever knows them may append, complete and abort.</param>
/// <param name="Offset">How many bytes are stored; the next piece begins there.</param>
/// <param name="ExpiresAt">When the session is forgotten unless a piece arrives before.</param>
public sealed record UploadSession(string Id, long Offset, DateTimeOffset ExpiresAt);
