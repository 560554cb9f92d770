"""HTTP of flows under `/v1`: flows and their definitions, and what they did."""

from fastapi import APIRouter

from towpath.flows.routes import activity_routes, flow_routes

router = APIRouter()
router.include_router(flow_routes.router)
router.include_router(activity_routes.router)

__all__ = ["router"]
