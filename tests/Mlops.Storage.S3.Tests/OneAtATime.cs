namespace Mlops.Storage.S3.Tests;

/// <summary>
/// Lets one request at a time through and reads its answer whole. S3 replaces an object at once; the emulator writes it in place, in three files,
/// and ends when one vanishes under it. What the tests race is whole requests.
/// </summary>
internal sealed class OneAtATime : DelegatingHandler
{
    private readonly SemaphoreSlim _turn = new(1, 1);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            HttpResponseMessage answer = await base.SendAsync(request, cancellationToken);
            if (request.Method != HttpMethod.Head)
            {
                await answer.Content.LoadIntoBufferAsync(cancellationToken);
            }

            return answer;
        }
        finally
        {
            _turn.Release();
        }
    }

    protected override void Dispose(bool disposing)
    {
        _turn.Dispose();
        base.Dispose(disposing);
    }
}
