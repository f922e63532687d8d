namespace Rescind.Authority.Stores;

/// <summary>The generation of a session moves on, and its idle end with it.</summary>
internal sealed record RotateSession(long Number, uint From, uint To, long LastRefreshedAt, long IdleExpiresAt) : Change;
