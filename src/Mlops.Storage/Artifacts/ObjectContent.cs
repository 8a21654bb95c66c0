namespace Mlops.Storage;

/// <summary>What an object store answers to a read.</summary>
/// <param name="Body">The bytes, forwards; disposing it ends the request.</param>
/// <param name="Length">How many bytes the server says will come.</param>
public sealed record ObjectContent(Stream Body, long Length);
