"""The least that could be called joining, or opening a checkout: FastAPI, the same body and token check, one INSERT."""

from typing import Annotated
from uuid import UUID

import asyncpg
import uvicorn
import uvloop
from fastapi import Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel

from services.billing.checkout.routes import OpenCheckout
from services.membership.member.routes import JoinCommunity
from shared.auth import InvalidToken, Principal, TokenVerifier
from shared.ids import random_id
from shared.settings import Settings

TABLES = """
CREATE TABLE bare_members (
    person_id uuid PRIMARY KEY,
    community_id uuid NOT NULL,
    account_id uuid NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    language text
);
CREATE TABLE bare_checkouts (
    checkout_id uuid PRIMARY KEY,
    community_id uuid NOT NULL,
    person_id uuid NOT NULL,
    basket json NOT NULL
)
"""
INSERT = "INSERT INTO bare_members VALUES ($1, $2, $3, $4, $5, $6)"
INSERT_CHECKOUT = "INSERT INTO bare_checkouts VALUES ($1, $2, $3, $4)"


class Joined(BaseModel):
    person_id: UUID


class Opened(BaseModel):
    checkout_id: UUID


def signed_in(request: Request) -> Principal:
    verifier: TokenVerifier = request.app.state.verifier
    try:
        return verifier.verify(request.headers.get("authorization", "").removeprefix("Bearer "))
    except InvalidToken:
        raise HTTPException(401) from None


app = FastAPI(openapi_url=None)


@app.post("/api/membership/v1/communities/{community_id}/members", status_code=201)
async def join_community(
    community_id: UUID,
    body: JoinCommunity,
    request: Request,
    principal: Annotated[Principal, Depends(signed_in)],
) -> Joined:
    person_id = random_id()
    pool: asyncpg.Pool = request.app.state.pool
    await pool.execute(
        INSERT, person_id, community_id, principal.account_id, body.name, body.email, body.language
    )
    return Joined(person_id=person_id)


@app.post("/api/billing/v1/checkouts", status_code=201)
async def open_checkout(
    body: OpenCheckout, request: Request, principal: Annotated[Principal, Depends(signed_in)]
) -> Opened:
    checkout_id = random_id()
    pool: asyncpg.Pool = request.app.state.pool
    community_id, person_id = principal.community_id, principal.person_id
    await pool.execute(
        INSERT_CHECKOUT, checkout_id, community_id, person_id, body.model_dump_json()
    )
    return Opened(checkout_id=checkout_id)


async def main(settings: Settings) -> None:
    """Served as shared.cli serves a service."""
    app.state.verifier = TokenVerifier(settings.jwks())
    async with asyncpg.create_pool(
        settings.database_url, min_size=2, max_size=settings.pool_size
    ) as pool:
        app.state.pool = pool
        config = uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            lifespan="off",
            proxy_headers=True,
            forwarded_allow_ips="127.0.0.1",
            server_header=False,
        )
        await uvicorn.Server(config).serve()


if __name__ == "__main__":
    uvloop.run(main(Settings()))
